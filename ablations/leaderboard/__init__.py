"""The leaderboard: computed once as records, then drawn (`ablations.terminal`) or written to files."""

from ablations.leaderboard.board import leaderboard_of as leaderboard_of
from ablations.leaderboard.files import content_of as content_of
from ablations.leaderboard.files import csv_of as csv_of
from ablations.leaderboard.files import frame_of as frame_of
from ablations.leaderboard.files import json_of as json_of
from ablations.leaderboard.files import write_csv as write_csv
from ablations.leaderboard.records import NO_SCORES as NO_SCORES
from ablations.leaderboard.records import Leaderboard as Leaderboard
from ablations.leaderboard.records import Row as Row
from ablations.leaderboard.records import Table as Table
from ablations.leaderboard.records import UnrankedEntry as UnrankedEntry
