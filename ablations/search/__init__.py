"""The only Optuna room: the ledger of every design's trials, and for a search the chooser of the next one."""

from ablations.search.ledger import FINGERPRINT as FINGERPRINT
from ablations.search.ledger import KIMG_SEEN as KIMG_SEEN
from ablations.search.ledger import REASON as REASON
from ablations.search.ledger import STATUS as STATUS
from ablations.search.ledger import VALUE_IS as VALUE_IS
from ablations.search.ledger import WITHDRAWN as WITHDRAWN
from ablations.search.ledger import Ledger as Ledger
