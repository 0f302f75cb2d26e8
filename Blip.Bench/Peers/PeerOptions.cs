using Blip.Runtime.Models;

namespace Blip.Bench.Peers;

/// <summary>The options of the command line.</summary>
/// <param name="Precisions">Our precisions; empty for those of the work.</param>
/// <param name="Encoder">Our encoder's precision; null for that which each precision brings.</param>
/// <param name="Rounds">Rounds that count.</param>
/// <param name="Blip">The program that starts cold.</param>
internal sealed record PeerOptions(IReadOnlyList<Precision> Precisions, Precision? Encoder, int Rounds, string Blip);
