import sys

from tcpkit.cli import main

sys.exit(main())
