import hydra


@hydra.main(version_base=None, config_path=".", config_name="help_hydra")
def main(config):
    pass


main()
