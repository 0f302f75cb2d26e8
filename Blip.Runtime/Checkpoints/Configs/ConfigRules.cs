namespace Blip.Runtime.Checkpoints;

/// <summary>
/// Limits of a BLIP's sizes, far above every existing model. They keep a damaged config from exhausting memory, and all sizes of a tensor
/// within 31 bits.
/// </summary>
internal sealed class ConfigRules(string file, string section)
{
    public const int LargestWidth = 1 << 16;
    public const int MostLayers = 1 << 10;
    public const int LargestImage = 1 << 14;
    public const int LargestVocabulary = 1 << 24;
    public const int MostPositions = 1 << 20;

    public void Tower(int hidden, int intermediate, int layers, int heads, string activation, double eps)
    {
        Size("hidden_size", hidden, LargestWidth);
        Size("intermediate_size", intermediate, LargestWidth);
        Size("num_hidden_layers", layers, MostLayers);
        Size("num_attention_heads", heads, LargestWidth);
        Require("num_attention_heads", hidden % heads == 0, $"{heads} does not divide hidden_size {hidden}");
        Require("hidden_act", ActivationNames.IsKnown(activation), $"'{activation}' is not one of {ActivationNames.All}");
        Require("layer_norm_eps", eps is > 0 and < 1, $"{eps} does not lie between 0 and 1");
        Matrix("hidden_size", "joined query, key and value weights", 3L * hidden, hidden);
        Matrix("intermediate_size", "MLP weights", intermediate, hidden);
    }

    public void Size(string field, int value, int most) =>
        Require(field, value >= 1 && value <= most, $"{value} is not a size from 1 to {most}");

    public void Share(string field, double value) => Require(field, value is >= 0 and <= 1, $"{value} does not lie between 0 and 1");

    public void Matrix(string field, string what, long rows, long columns) =>
        Require(field, rows * columns <= int.MaxValue, $"asks for {what} of {rows} by {columns} numbers, more than {int.MaxValue}");

    public void Require(string field, bool holds, string what)
    {
        if (!holds)
            throw new CheckpointException($"{file}: {section}{field}: {what}.");
    }
}
