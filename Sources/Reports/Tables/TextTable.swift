/// A table of text with aligned columns: numbers to the right, words to the left.
package struct TextTable {
  private var rows: [[String]]

  package init(header: [String]) { rows = [header] }

  package mutating func add(_ cells: [String]) { rows.append(cells) }

  package var text: String {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    let isNumeric = (0..<count).map { column in
      rows.dropFirst().allSatisfy {
        column >= $0.count || $0[column].isEmpty || $0[column] == "-" || Double($0[column]) != nil
      }
    }
    return rows.map { row in
      let line = row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return isNumeric[column] ? space + cell : cell + space
      }.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n")
  }
}
