"""Long texts in Jira's two forms: ADF documents and wiki markup."""
