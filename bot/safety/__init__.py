"""The gate: emergencies first, then personal medical advice, decided without classifier or Rasa."""
