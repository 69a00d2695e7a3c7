"""`httptask catalog`: requests of other APIs, prepared as tasks."""

import typer

from httptask.cli.commands.catalog_import import from_curl

__all__ = ["catalog"]

catalog = typer.Typer(help="Prepare requests of other APIs as tasks.", no_args_is_help=True)
catalog.command(
    "from-curl", epilog="Example: httptask catalog from-curl 'curl https://api.example.com/orders'"
)(from_curl)
