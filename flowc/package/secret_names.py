"""Names that files with secrets have."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

_FILES = (
    *(".env", ".env.*", "*.env", ".envrc"),
    *("*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.ppk"),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*"),
    *("credentials", "credentials.json", "application_default_credentials.json"),
    *("service_account*.json", "service-account*.json", "client_secret*.json"),
    *(".netrc", "_netrc", ".pgpass", ".pypirc", ".htpasswd", ".git-credentials", ".dockercfg"),
    *("kubeconfig", "*.kubeconfig", "secrets.toml", "*.tfstate"),
)
_FOLDERS = frozenset({".aws", ".azure", ".gcloud", ".gnupg", ".kube", ".ssh"})
# Projects keep examples of what to fill in beside the place where it is filled in.
_EXAMPLES = frozenset({".env.example", ".env.sample", ".env.template", ".env.dist"})


def is_secret(parts: Sequence[str]) -> bool:
    """Whether a file is named like a secret, or lies in a folder for them; `parts` end with it."""
    *folders, name = (part.lower() for part in parts)
    if not _FOLDERS.isdisjoint(folders):
        return True
    return name not in _EXAMPLES and any(fnmatchcase(name, pattern) for pattern in _FILES)


def is_secret_pattern(pattern: str) -> bool:
    """Whether a pattern is itself named like a secret, such as `*.pem` or `/.aws/`."""
    return is_secret([*pattern.strip("/").split("/"), *(["*"] if pattern.endswith("/") else [])])
