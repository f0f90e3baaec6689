"""The server people see: Dash pages, login, jobs, and the command line around them."""

import os

# Arrow reads this when it is first imported. Its own allocator keeps, for every thread that ever wrote a Parquet file,
# what that took: of a server with many threads that is hundreds of megabytes.
os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
