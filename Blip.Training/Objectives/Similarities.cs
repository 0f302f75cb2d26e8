namespace Blip.Training.Objectives;

/// <summary>How alike the images and texts of a batch are: cosines over the temperature, from which hard negatives are drawn.</summary>
/// <param name="ImageToText">For each image all texts <c>[n, n]</c>.</param>
/// <param name="TextToImage">For each text all images <c>[n, n]</c>.</param>
internal sealed record Similarities(double[] ImageToText, double[] TextToImage)
{
    /// <summary>Similarities of vectors of length one.</summary>
    /// <param name="rows">Vectors <c>[n, dim]</c>.</param>
    /// <param name="columns">The other vectors <c>[n, dim]</c>.</param>
    /// <param name="dim">Elements of a vector.</param>
    /// <param name="temperature">The divisor of a cosine.</param>
    public static double[] Between(float[] rows, float[] columns, int dim, double temperature)
    {
        var n = rows.Length / dim;
        var similar = new double[n * n];
        for (var i = 0; i < similar.Length; i++)
        {
            var (row, column) = (i / n * dim, i % n * dim);
            var dot = 0.0;
            for (var d = 0; d < dim; d++)
                dot += (double)rows[row + d] * columns[column + d];
            similar[i] = dot / temperature;
        }
        return similar;
    }
}
