/// The words of a CIF with their lines, by the syntax of CIF 1.1.
///
/// ## References
/// S. R. Hall, F. H. Allen, I. D. Brown, Acta Cryst. A 47, 655 (1991),
/// doi:10.1107/S010876739101067X.
struct CIFTokens {
  struct Token: Hashable {
    var text: String
    var line: Int
    /// Whether the word stood in quotes, and so is a value whatever it looks like.
    var isQuoted: Bool

    var isTag: Bool { !isQuoted && text.hasPrefix("_") }
    func isKeyword(_ word: String) -> Bool { !isQuoted && text.lowercased() == word }
    var isDataHeader: Bool { !isQuoted && text.lowercased().hasPrefix("data_") }
    var isReserved: Bool {
      isTag || isDataHeader || isKeyword("loop_") || isKeyword("global_")
        || (!isQuoted && text.lowercased().hasPrefix("save_"))
    }
    /// "?" and "." say that a value is unknown or does not apply.
    var isMissing: Bool { !isQuoted && (text == "?" || text == ".") }
  }

  let tokens: [Token]

  init(_ text: String) {
    var tokens: [Token] = []
    var field: (lines: [Substring], start: Int)?
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let number = index + 1
      if let open = field {
        if line.hasPrefix(";") {
          tokens.append(
            Token(text: open.lines.joined(separator: "\n"), line: open.start, isQuoted: true))
          field = nil
          tokens += CIFTokens.words(line.dropFirst(), line: number)
        } else {
          field?.lines.append(line)
        }
      } else if line.hasPrefix(";") {
        field = ([line.dropFirst()], number)
      } else {
        tokens += CIFTokens.words(line, line: number)
      }
    }
    if let open = field {
      tokens.append(
        Token(text: open.lines.joined(separator: "\n"), line: open.start, isQuoted: true))
    }
    self.tokens = tokens
  }

  private static func words(_ line: Substring, line number: Int) -> [Token] {
    var result: [Token] = []
    var rest = line.drop(while: \.isWhitespace)
    while let first = rest.first, first != "#" {
      if first == "'" || first == "\"" {
        // A quote ends a word only before white space: 'it's' is one word.
        var end = rest.index(after: rest.startIndex)
        while end < rest.endIndex {
          let after = rest.index(after: end)
          if rest[end] == first, after == rest.endIndex || rest[after].isWhitespace { break }
          end = after
        }
        let body = rest[rest.index(after: rest.startIndex)..<end]
        result.append(Token(text: String(body), line: number, isQuoted: true))
        rest = end < rest.endIndex ? rest[rest.index(after: end)...] : rest[end...]
      } else {
        let word = rest.prefix { !$0.isWhitespace }
        result.append(Token(text: String(word), line: number, isQuoted: false))
        rest = rest[word.endIndex...]
      }
      rest = rest.drop(while: \.isWhitespace)
    }
    return result
  }
}

/// One data block: single values and loops, tags in lower case.
struct CIFBlock {
  struct Loop {
    var tags: [String]
    var rows: [[CIFTokens.Token]]

    /// Column of the first of several names of one item.
    func column(_ names: String...) -> Int? {
      names.lazy.compactMap { tags.firstIndex(of: $0) }.first
    }
  }

  var values: [String: CIFTokens.Token] = [:]
  var loops: [Loop] = []

  /// Value of the first of several names of one item; nil where missing or unknown.
  func value(_ names: String...) -> CIFTokens.Token? {
    names.lazy.compactMap { values[$0] }.first { !$0.isMissing }
  }

  /// The loop that holds one of several tags.
  func loop(with names: String...) -> Loop? {
    loops.first { loop in names.contains { loop.tags.contains($0) } }
  }

  /// All blocks of a file.
  static func blocks(
    _ text: String, path: String
  ) throws(StructureFileError) -> [CIFBlock] {
    let tokens = CIFTokens(text).tokens
    var blocks: [CIFBlock] = []
    var index = 0
    while index < tokens.count {
      let token = tokens[index]
      index += 1
      if token.isDataHeader {
        blocks.append(CIFBlock())
      } else if token.isKeyword("loop_"), !blocks.isEmpty {
        var loop = Loop(tags: [], rows: [])
        while index < tokens.count, tokens[index].isTag {
          loop.tags.append(tokens[index].text.lowercased())
          index += 1
        }
        var cells: [CIFTokens.Token] = []
        while index < tokens.count, !tokens[index].isReserved {
          cells.append(tokens[index])
          index += 1
        }
        guard !loop.tags.isEmpty else {
          throw .badValue(
            path: path, line: token.line, expected: "the names of the columns of a loop",
            found: index < tokens.count ? tokens[index].text : "the end of the file")
        }
        guard cells.count % loop.tags.count == 0 else {
          throw .badValue(
            path: path, line: cells.last?.line ?? token.line,
            expected: "a multiple of \(loop.tags.count) values in the loop that begins in line "
              + "\(token.line)", found: "\(cells.count) values")
        }
        let width = loop.tags.count
        loop.rows = stride(from: 0, to: cells.count, by: width).map {
          Array(cells[$0..<($0 + width)])
        }
        blocks[blocks.count - 1].loops.append(loop)
      } else if token.isTag, !blocks.isEmpty {
        guard index < tokens.count, !tokens[index].isReserved else { continue }
        blocks[blocks.count - 1].values[token.text.lowercased()] = tokens[index]
        index += 1
      }
    }
    return blocks
  }
}
