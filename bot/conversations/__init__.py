"""What was said: the store of conversations and tickets that gateway and desk share. Knows no web, no Rasa, no Telegram."""
