"""Alembic's environment: runs the migrations on the connection that bot.conversations.migrations hands it."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
