"""A small Confluence beside the sandbox's Jira: /wiki on Cloud, /confluence on Data Center (facts 8.3, 8.4)."""
