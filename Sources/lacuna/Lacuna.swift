@main struct Lacuna { static func main() {} }
