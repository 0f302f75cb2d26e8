using Blip.Kernels;

namespace Blip.Verification.References;

internal static class AssembleTokensBackwardReference
{
    public static (double[] Patches, double[] Class, double[] Positions) Run(float[] dy, int batch, int patches, int hidden)
    {
        var (ofPatches, ofTokens) = (new double[batch * patches * hidden], new double[(patches + 1) * hidden]);
        var result = (Patches: ofPatches, Class: new double[hidden], Positions: ofTokens);
        for (var i = 0; i < dy.Length; i++)
        {
            var (image, token, c) = (i / hidden / (patches + 1), i / hidden % (patches + 1), i % hidden);
            result.Positions[(token * hidden) + c] += dy[i];
            if (token == 0)
                result.Class[c] += dy[i];
            else
                result.Patches[(((image * patches) + token - 1) * hidden) + c] = dy[i];
        }
        return result;
    }
}
