"""A server of the Model Context Protocol as the SDK's README writes it: one tool that reports what it does."""

import sys

from mcp.server import MCPServer
from mcp.server.mcpserver import Context

server = MCPServer("count")


@server.tool()
async def count(ctx: Context) -> str:
    """Counts to three."""
    for number in range(3):
        await ctx.info(f"{number}")
    return "1, 2, 3"


server.run(transport="streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
