using Blip.Kernels;

namespace Blip.Verification.References;

internal static class AssembleTokensReference
{
    public static double[] Run(float[] patchEmbeddings, float[] classEmbedding, float[] positions, int batch, int patches, int hidden)
    {
        var y = new double[batch * (patches + 1) * hidden];
        for (var i = 0; i < y.Length; i++)
        {
            var (image, token, c) = (i / hidden / (patches + 1), i / hidden % (patches + 1), i % hidden);
            y[i] = (double)positions[(token * hidden) + c]
                + (token == 0 ? classEmbedding[c] : patchEmbeddings[((((image * patches) + token - 1)) * hidden) + c]);
        }
        return y;
    }
}
