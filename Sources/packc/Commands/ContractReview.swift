internal import Contract
internal import Deploy
internal import Glibc
internal import Images
internal import PackCore

/// The contract of a project's build, before and after it is deployed: `packc deploy` asks here.
struct ContractReview: DeployReview {
  private let book: ReviewBook
  private let document: ContractDocument
  private let image: Digest?

  /// - Parameters:
  ///   - output: of the build.
  ///   - image: the container image that was built with it, which names the contract in its labels.
  init(project: HostPath, output: HostPath, image: Digest?, _ context: HostContext) throws {
    document = try ContractSource.built(in: output).document
    self.image = image
    book = try Self.book(project, context)
  }

  static func book(_ project: HostPath, _ context: HostContext) throws -> ReviewBook {
    ReviewBook(
      ledger: try ContractSource.ledger(of: project, context),
      today: CalendarDate(daysSince1970: Int64(time(nil)) / 86_400))
  }

  private func card(_ name: String, _ replaced: DeploymentSpec?) throws -> ReviewCard {
    try book.card(name, document, replacing: replaced?.container, isFirst: replaced == nil)
  }

  func judge(_ name: String, replacing replaced: DeploymentSpec?, confirms: Bool, keeps: Bool) throws -> DeployOpinion {
    let card = try card(name, replaced)
    try book.judge(card, confirms: confirms, keeps: keeps)
    return DeployOpinion(changes: card.concerns, card: card.json, text: card.text)
  }

  func wasDeployed(_ name: String, replacing replaced: DeploymentSpec?) throws {
    do {
      try book.deployed(try card(name, replaced), image: image, time: Int64(time(nil)))
    } catch var failure as Failure where !failure.isInterruption {
      failure.message = "\(name) is deployed, and the ledger does not say so: \(failure.message)"
      throw failure
    }
  }

  /// A rollback deploys a contract that the ledger has already.
  static func wasRolledBack(_ name: String, _ spec: DeploymentSpec?, _ context: HostContext) throws {
    guard let source = spec?.source, let image = spec?.container else { return }
    let book = try book(HostPath(source), context)
    try book.rolledBack(name, image: image, time: Int64(time(nil)))
  }
}
