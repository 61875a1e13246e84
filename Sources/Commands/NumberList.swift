/// Numbers from 1 as a person lists them: 1-16,20.
struct NumberList {
  /// Each once.
  let numbers: Set<Int>

  /// Reads a list; nil where something is no number from 1 to the limit, or a range runs backwards.
  ///
  /// - Parameters:
  ///   - text: numbers and ranges with commas between them.
  ///   - limit: the largest number.
  init?(_ text: String, upTo limit: Int) {
    var result: Set<Int> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false)
        .map { Int($0.filter { !$0.isWhitespace }) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first >= 1,
        last >= first, last <= limit
      else { return nil }
      result.formUnion(first...last)
    }
    numbers = result
  }
}
