"""Telegram: updates come in and are stored, are dealt with on the way that the widget's messages go, and what is said goes out.

docs/telegram.md explains it. `channel` puts it together and keeps it running; `api` is the connection to the Bot API; `receiving`
and `webhook` take updates in, which `updates` stores; `reading` says what an update is; `handling`, `commands` and `groups` deal
with it, `acts` does what is done at Telegram at once; `rendering` and `keyboards` say how a message looks; `delivery` sends it;
`typing_action` shows that an answer is being made, `starting` says that the bot is not ready; `state` says how the channel is.
"""
