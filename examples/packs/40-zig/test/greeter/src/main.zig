//! Answers every request with one line.
const std = @import("std");

pub fn main() !void {
    const text = std.posix.getenv("PORT") orelse "8080";
    const address = std.net.Address.initIp4(.{ 0, 0, 0, 0 }, try std.fmt.parseInt(u16, text, 10));
    var server = try address.listen(.{ .reuse_address = true });
    defer server.deinit();
    while (true) {
        const peer = try server.accept();
        defer peer.stream.close();
        var request: [4096]u8 = undefined;
        _ = peer.stream.read(&request) catch continue;
        peer.stream.writeAll("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 16\r\n" ++
            "Connection: close\r\n\r\nhello from Zig!\n") catch continue;
    }
}
