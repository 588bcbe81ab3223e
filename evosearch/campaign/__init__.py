"""Campaign: one search, from its file to its front."""

from evosearch.campaign.campaign import Campaign as Campaign
from evosearch.campaign.front import Front as Front
from evosearch.campaign.progress import Progress as Progress
