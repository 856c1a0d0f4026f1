"""The verbs of `./run VERB`, one module each; see bot.cli.main for the list."""
