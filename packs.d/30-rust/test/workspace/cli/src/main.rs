fn main() {
    println!("{}", core_part::NAME);
}
