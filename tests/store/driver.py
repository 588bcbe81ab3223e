"""A driver to be killed: ``python -m tests.store.driver URL GENERATIONS [thread]``."""

import sys

from evosearch.store.store import Store
from tests.store.fakes import drive, drive_writer

if __name__ == "__main__":
    with Store.open(sys.argv[1], mode="write") as store:
        campaign_id, _, _ = store.load_campaign("exp2")
        store.acquire(campaign_id)
        store.set_state(campaign_id, "running")
        way = drive_writer if "thread" in sys.argv else drive
        way(store, campaign_id, int(sys.argv[2]))
