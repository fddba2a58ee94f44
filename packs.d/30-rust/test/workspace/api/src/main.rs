fn main() {
    let listener = std::net::TcpListener::bind("0.0.0.0:8082").expect(core_part::NAME);
    let _ = listener.accept();
}
