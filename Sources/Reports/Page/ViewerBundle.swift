import Foundation

/// The three-dimensional viewer of the page, chemiscope, which set-up fetches from its Python wheel.
///
/// ## References
/// G. Fraux, R. K. Cersonsky, M. Ceriotti, J. Open Source Softw. 5, 2117 (2020), doi:10.21105/joss.02117.
package enum ViewerBundle {
  /// Name of the file that set-up makes.
  static let fileName = "chemiscope-1.1.0.min.js"

  /// Where it is looked for: the variable LACUNA_VIEWER, then the user's own data folder.
  package static var places: [String] {
    let environment = ProcessInfo.processInfo.environment
    let home = environment["HOME"] ?? NSHomeDirectory()
    let data =
      environment["XDG_DATA_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "\(home)/.local/share"
    return [environment["LACUNA_VIEWER"], "\(data)/lacuna/\(fileName)"].compactMap { $0 }
  }

  /// The bundle; nil where it is not installed, or holds what would end the page's script.
  package static func text() -> String? {
    places.lazy.compactMap { path in
      FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }.first { !$0.isEmpty && !$0.localizedCaseInsensitiveContains("</script") }
  }
}
