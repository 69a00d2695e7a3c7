"""Names of activities, four workflows and topics. They are in every history, so they never change."""

OURS = "httptask."
"""Begins the names of this package's own activities, which have rules of their own."""

HTTP_REQUEST = "httptask.http_request"
API_OPERATION = "httptask.api_operation"
CHAT_COMPLETION = "httptask.chat_completion"
LOAD_DEFINITION = "httptask.load_definition"
IS_POLLED = "httptask.is_polled"
RESOLVE_CONFIGURATION = "httptask.resolve_configuration"
TOKEN_LIMIT = "httptask.token_limit"  # noqa: S105 - of a workflow
ONE_CALL = "httptask.one_call"
BATCH = "httptask.batch"
RUN_THEN_WAIT = "httptask.run_then_wait"
YIELD = "httptask.yield"
STORED_FROM = "httptask.stored_from"
LIVE_TOPIC = "httptask.live"
PARTS_TOPIC = "httptask.parts"
