"""The pages: what an overview says, for a person who looks at it in a browser."""

from tcpkit.page.document import CONTENT_SECURITY_POLICY, live_model, live_page, report_page

__all__ = ["CONTENT_SECURITY_POLICY", "live_model", "live_page", "report_page"]
