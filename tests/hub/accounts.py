"""Accounts by token, and the hub's answers to them."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Account:
    """The owner of one token."""

    name: str
    accepted: set[str] = field(default_factory=set)  # repositories whose terms it accepted
    pending: set[str] = field(default_factory=set)  # asked for, not granted yet
    fine_grained: bool = False
    reads_gated: bool = True  # a fine-grained token's right to public gated repositories

    def whoami(self) -> dict[str, Any]:
        access: dict[str, Any] = {"displayName": "test", "role": "read"}
        if self.fine_grained:
            rights = {"canReadGatedRepos": self.reads_gated, "global": [], "scoped": []}
            access |= {"role": "fineGrained", "fineGrained": rights}
        return {
            "type": "user",
            "name": self.name,
            "auth": {"type": "access_token", "accessToken": access},
        }

    def refusal(self, repository: str) -> str:
        """The reason why this account may not read a gated repository; "" if it may."""
        if self.fine_grained and not self.reads_gated:
            return (
                "Please enable access to public gated repositories in your fine-grained token "
                "settings to view this repository."
            )
        if repository in self.pending:
            return f"Your request to access model {repository} is awaiting a review."
        if repository not in self.accepted:
            return f"Access to model {repository} is restricted and you are not in the list."
        return ""
