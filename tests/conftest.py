"""Fixtures that all tests share. What they start is shared by the xdist workers and ended with the run."""

import os
from collections.abc import Iterator

# Settings are read when chalicelib is imported: they must stand before that. Nothing may reach AWS:
# addresses that a fixture does not set lead nowhere.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "alone")
os.environ.update(
    {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "KONTOR_STAGE": "test",
        "KONTOR_TABLE_PREFIX": f"{WORKER}-{os.getpid()}",
        "KONTOR_COOKIE_SECURE": "0",
        "KONTOR_TENANT_ROLE_ARN": "",
        "POWERTOOLS_TRACE_DISABLED": "true",
        "POWERTOOLS_METRICS_NAMESPACE": "kontor-test",
        "POWERTOOLS_SERVICE_NAME": "kontor",
    }
)
os.environ.pop("AWS_PROFILE", None)

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402
from playwright.sync_api import Browser, Page  # noqa: E402

from chalicelib.storage import connections  # noqa: E402
from tests.support import browser as chromium  # noqa: E402
from tests.support import run  # noqa: E402
from tests.support import stack as packaged  # noqa: E402
from tests.support import tables as dynamodb_local  # noqa: E402

# A busy machine is no failure of a law: no example is timed.
settings.register_profile("kontor", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kontor")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        run.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and run.VARIABLE in os.environ:
        run.end(run.folder())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tests and their seconds (set-up included, summed over the workers) by folder."""
    folders: dict[str, tuple[int, float]] = {}
    for report in (r for reports in terminalreporter.stats.values() for r in reports if hasattr(r, "duration")):
        folder = "/".join(report.nodeid.split("/")[:2])
        count, seconds = folders.get(folder, (0, 0.0))
        folders[folder] = (count + (report.when == "call"), seconds + report.duration)
    terminalreporter.write_line("")
    for folder, (count, seconds) in sorted(folders.items()):
        terminalreporter.write_line(f"{folder:<20} {count:>5} tests {seconds:>8.1f} s")


@pytest.fixture(scope="session")
def dynamodb_endpoint() -> str:
    """Address of the run's DynamoDB Local (Amazon's own, in memory)."""
    return str(run.once("dynamodb", dynamodb_local.start_server)["endpoint"])


@pytest.fixture(scope="session")
def tables(dynamodb_endpoint: str) -> None:
    """Kontor's four tables on DynamoDB Local, this worker's own; the product's settings name them."""
    os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = dynamodb_endpoint
    connections.READ_TIMEOUT = 30.0  # DynamoDB Local and the tests' many threads share few cores
    dynamodb_local.create_tables(dynamodb_endpoint, os.environ["KONTOR_TABLE_PREFIX"])


@pytest.fixture(scope="session")
def stack() -> packaged.Stack:
    """The packaged stack on an embedded cloud; empty at the start of the run, shared by all tests."""
    return packaged.deployed()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """This worker's Chromium."""
    with chromium.launched() as launched:
        yield launched


@pytest.fixture
def new_page(browser: Browser, stack: packaged.Stack) -> Iterator[chromium.NewPage]:
    """Makes pages of the packaged stack, each a visitor of its own; see tests/support/browser.py."""
    with chromium.pages(browser, stack.url) as maker:
        yield maker


@pytest.fixture
def page(new_page: chromium.NewPage) -> Page:
    """One visitor's page, 1280 × 900, light, with JavaScript."""
    return new_page()
