"""Runs or resumes a campaign, saying each committed generation: run|resume URL FILE|NAME."""

import sys

from evosearch.campaign import Campaign
from evosearch.config import load


def main(command: str, url: str, place: str, *overrides: str) -> None:
    if command == "run":
        campaign = Campaign.create(load(place, overrides), url)
    else:
        campaign = Campaign.load(url, place, overrides=overrides)
    with campaign:
        print("ready", campaign.state.generation, flush=True)
        campaign.run(lambda progress: print(progress.generation, progress.digest, flush=True))
        print("digest", campaign.state.digest.hex(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
