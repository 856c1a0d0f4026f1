"""Where people come in: the widget's interface, the pages, and the way of every message to Rasa and back.

    channel -> intake (mask, gate) -> store -> worker -> Rasa -> store -> channel
                        emergency: answered in the same transaction, with a ticket

`app` puts it together; nothing imports the gateway, and it imports nothing of Rasa.
"""
