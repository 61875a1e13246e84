import Commands

@main
struct Main {
  static func main() async {
    await LacunaCommand.start()
  }
}
