import click


@click.command()
@click.option("--lr", type=float, default=0.1, show_default=True)
@click.option("-b", "--batch-size", type=int)
@click.option("--amp/--no-amp", default=False)
def main(**given):
    """Trains a model."""


main()
