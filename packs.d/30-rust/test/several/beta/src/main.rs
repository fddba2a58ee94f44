fn main() {
    println!("beta");
}
