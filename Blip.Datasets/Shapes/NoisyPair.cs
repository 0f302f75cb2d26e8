namespace Blip.Datasets.Shapes;

/// <summary>An image with a text that may be wrong.</summary>
/// <param name="Index">Its place in the set, from 0.</param>
/// <param name="Scene">The drawing.</param>
/// <param name="Text">The web's text.</param>
/// <param name="TrueText">The true text.</param>
/// <param name="Truth">The kind of text.</param>
/// <param name="Detail">The wrong detail; null where there is not exactly one.</param>
public sealed record NoisyPair(long Index, ShapeScene Scene, string Text, string TrueText, PairTruth Truth, WrongDetail? Detail);
