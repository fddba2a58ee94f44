fn main() {
    println!("alpha");
}
