namespace Blip.Datasets.Shapes;

/// <summary>An image with a text that may be wrong.</summary>
/// <param name="Index">Its place in the set, from 0.</param>
/// <param name="Scene">What is drawn.</param>
/// <param name="Text">What the web says of it.</param>
/// <param name="TrueText">What is true.</param>
/// <param name="Truth">What kind of text it is.</param>
/// <param name="Detail">Which detail is wrong; null where not one detail is.</param>
public sealed record NoisyPair(long Index, ShapeScene Scene, string Text, string TrueText, PairTruth Truth, WrongDetail? Detail);
