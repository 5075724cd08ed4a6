"""The commands `cache list` and `cache clear`: what is kept of real images between runs."""

import typer

from gan_core.machine.home import machine_home

cache_app = typer.Typer(help="What was computed of real images, for scores: list it, clear it.", no_args_is_help=True)


@cache_app.command("list")
def cache_list() -> None:
    """The files, what they belong to, their size, and whether they are sound."""
    from ablations.terminal.cache import show_cache
    from gan_core.evaluation import cache

    show_cache(list(cache.entries(machine_home())))


@cache_app.command("clear")
def cache_clear() -> None:
    """Remove all files; what needs them computes them again."""
    from ablations.terminal.cache import show_cleared
    from gan_core.evaluation import cache

    show_cleared(*cache.clear(machine_home()))
