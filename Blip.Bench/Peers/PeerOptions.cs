using Blip.Runtime.Models;

namespace Blip.Bench.Peers;

/// <summary>The command line's options.</summary>
/// <param name="Precisions">Ours; empty for the work's own.</param>
/// <param name="Encoder">Our encoder's; null for each precision's default.</param>
/// <param name="Rounds">Counted rounds.</param>
/// <param name="Blip">The program for cold starts.</param>
internal sealed record PeerOptions(IReadOnlyList<Precision> Precisions, Precision? Encoder, int Rounds, string Blip);
