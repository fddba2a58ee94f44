use std::net::TcpListener;

fn main() {
    let listener = TcpListener::bind(("0.0.0.0", 8081)).expect("the port is free");
    println!("listening on {}", listener.local_addr().expect("it is bound"));
    let _ = listener.accept();
}
