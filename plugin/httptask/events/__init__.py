"""Events on their way to runs that wait for them."""

from httptask.events.delivery import (
    Delivery,
    EventRefused,
    deliver,
    listens_of,
    new_event,
    send_event,
    type_waited_for,
)

__all__ = ["Delivery", "EventRefused", "deliver", "listens_of", "new_event", "send_event", "type_waited_for"]
