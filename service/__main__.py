"""`python -m service` is `andon`."""

from service.cli.main import main

main()
