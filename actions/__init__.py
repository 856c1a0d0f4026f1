"""How an answer is found: department files (schema, departments, terms), lookups (answers), Rasa actions (actions)."""
