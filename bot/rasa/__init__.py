"""What plugs into Rasa: NLU components, reply generator, tracker store."""
