"""A program as hydra wants it; prints everything that it was given."""

import json

import hydra
from omegaconf import OmegaConf


@hydra.main(version_base=None, config_path=".", config_name="hydra_program")
def main(config):
    print(json.dumps(OmegaConf.to_container(config, resolve=True)))


main()
