"""Pictures that 1C sends are checked by workers beside the tenant's turn: thousands of them must not hold back prices
and stock, and they change nothing that an import reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from chalicelib.exchange.model import Upload
from chalicelib.kernel.ids import stable_id
from chalicelib.pictures.model import LANES
from chalicelib.storage import worker
from chalicelib.storage.session import TenantSession


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureJob:
    """The pictures of an upload, from number `start` of an archive on; `changed` and `rejected` count those before."""

    set_id: str
    name: str
    generation: int
    start: int = 0
    changed: int = 0
    rejected: int = 0

    @classmethod
    def of(cls, upload: Upload) -> PictureJob:
        """All pictures of an upload."""
        return cls(set_id=upload.set_id, name=upload.name, generation=upload.generation)

    @classmethod
    def parse(cls, body: Mapping[str, object]) -> PictureJob:
        texts = {name: str(body[name]) for name in ("set_id", "name")}
        numbers = {name: int(str(body[name])) for name in ("generation", "start", "changed", "rejected")}
        return cls(**texts, **numbers)  # type: ignore[arg-type]

    def next(self, *, done: int, changed: int, rejected: int) -> PictureJob:
        """What is left after `done` more of them."""
        return replace(self, start=self.start + done, changed=self.changed + changed, rejected=self.rejected + rejected)


def ask_for_pictures(db: TenantSession, job: PictureJob) -> None:
    """Queues the job; asked again, nothing comes twice."""
    lane = worker.lane("pictures", job.name, LANES)
    dedup = stable_id("pictures", job.set_id, job.name, str(job.generation), str(job.start))
    worker.send(db.tenant_id, "pictures", dedup=dedup, lane=lane, **asdict(job))
