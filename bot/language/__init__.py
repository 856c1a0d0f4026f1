"""Text as text: normalise, tell script and language, cut into words. Knows nothing of Rasa."""
