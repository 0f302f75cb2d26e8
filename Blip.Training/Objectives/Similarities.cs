namespace Blip.Training.Objectives;

/// <summary>Similarities of a batch, cosines over the temperature; hard negatives are drawn from them.</summary>
/// <param name="ImageToText">All texts for each image <c>[n, n]</c>.</param>
/// <param name="TextToImage">All images for each text <c>[n, n]</c>.</param>
internal sealed record Similarities(double[] ImageToText, double[] TextToImage)
{
    /// <summary>Similarities of unit vectors <c>[n, dim]</c>.</summary>
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
